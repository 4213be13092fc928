/** Chunks that are kept as they came: each is an object that takes a hundred bytes of its own, whatever it holds. */
const MOST_CHUNKS = 32;

/**
 * The bytes of a body as they arrive. Most bodies come in one piece or two; one that comes byte by byte takes a few times its length
 * at most, and each of its bytes is copied a few times.
 */
export class BodyChunks {
  #chunks: Buffer[] = [];
  /** What came before `#chunks`, with room for as much again. */
  #begin: Buffer = NOTHING;
  #beginLength = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#chunks.length > MOST_CHUNKS) this.#gather();
  }

  /** All bytes so far. */
  joined(): Buffer {
    const [first] = this.#chunks;
    if (this.#beginLength === 0) return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#gather();
    return this.#begin.subarray(0, this.#beginLength);
  }

  #gather(): void {
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, this.#beginLength);
    if (length > this.#begin.length) {
      const roomy = Buffer.allocUnsafe(2 * length);
      this.#begin.copy(roomy, 0, 0, this.#beginLength);
      this.#begin = roomy;
    }
    for (const chunk of this.#chunks) this.#beginLength += chunk.copy(this.#begin, this.#beginLength);
    this.#chunks = [];
  }
}

const NOTHING = Buffer.alloc(0);
