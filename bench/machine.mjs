import { cpus } from 'node:os';

/** What figures cannot be read without. */
export function describeMachine() {
  const processors = cpus();
  return `Node ${process.version}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`;
}
