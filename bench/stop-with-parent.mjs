/** Preloaded into every process of a benchmark: should the benchmark be killed outright, nothing stays behind. */
process.once('disconnect', () => process.exit());
