import { decodePerson, type Person } from '../person.ts';
import { NOWHERE, type Pattern, TOLD } from './row-shape.ts';

/**
 * A person in a row that was matched, not parsed: a text is made of it where somebody reads it. Its fields are no properties of its
 * own, and it keeps the whole answer that it came in: for as long as a request takes, and `toPlain` for longer.
 */
export class RowPerson implements Person {
  #groups: RegExpExecArray;
  #pattern: Pattern;

  /** @param groups what the pattern found. */
  constructor(groups: RegExpExecArray, pattern: Pattern) {
    this.#groups = groups;
    this.#pattern = pattern;
  }

  get key(): string {
    return this.written(TOLD.user_key) as string;
  }

  get outId(): string | null {
    return this.written(TOLD.out_id);
  }

  get email(): string | null {
    return this.written(TOLD.email);
  }

  get username(): string | null {
    return this.read(TOLD.username);
  }

  get nameCn(): string | null {
    return this.read(TOLD.name_cn) ?? this.read(TOLD['name.zh_cn']);
  }

  get nameEn(): string | null {
    return this.read(TOLD.name_en) ?? this.read(TOLD['name.en_us']);
  }

  get nameDefault(): string | null {
    return this.read(TOLD['name.default']);
  }

  get avatarUrl(): string | null {
    return this.read(TOLD.avatar_url);
  }

  get status(): string | null {
    return this.read(TOLD.status);
  }

  /**
   * The same person with texts as they are written in the row, JSON between its quotes with a character for each byte of UTF-8: how they
   * can be passed on. What is ASCII is the same, except for escapes in `avatarUrl`: for whoever hands on one of the texts, and looks
   * at no more of them than that.
   */
  asWritten(): Person {
    return new WrittenPerson(this.#groups, this.#pattern);
  }

  /** The same person with texts and properties of their own. */
  toPlain(): Person {
    return decodePerson(JSON.parse(utf8Of(this.#groups[0]))) as Person;
  }

  /** Of its row, in bytes. */
  get length(): number {
    return this.#groups[0].length;
  }

  protected read(told: number): string | null {
    return decoded(this.written(told));
  }

  protected written(told: number): string | null {
    const group = this.#pattern.groupOf[told];
    if (group === undefined) return this.#writtenMeanwhile(told);
    // An empty text tells nothing, as everywhere.
    return group === NOWHERE ? null : this.#groups[group] || null;
  }

  /** Nobody had asked for this text when the row was matched. */
  #writtenMeanwhile(told: number): string | null {
    const { index, input } = this.#groups;
    this.#pattern = this.#pattern.with(told);
    this.#groups = this.#pattern.matchAt(input, index) as RegExpExecArray;
    return this.written(told);
  }
}

class WrittenPerson extends RowPerson {
  protected override read(told: number): string | null {
    return this.written(told);
  }
}

/** The same person with texts and properties of their own: to be kept, or to be given away. */
export const toPlainPerson = (person: Person): Person => (person instanceof RowPerson ? person.toPlain() : person);

const IS_ITSELF = /^[ !#-[\]-~]*$/;

const decoded = (written: string | null): string | null =>
  written === null || IS_ITSELF.test(written) ? written : (JSON.parse(`"${utf8Of(written)}"`) as string);

const utf8Of = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();
