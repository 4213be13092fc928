import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../../src/sandbox/sandbox.ts';
import { createSchema } from '../../../src/schema/schema.ts';
import { CONFIGURATIONS, type Configuration, PEOPLE } from './configurations.ts';
import { type DocumentRecipe, type MadeDocument, makeDocument } from './documents.ts';
import { startPair } from './pair.ts';
import { makeRequest, type Sent } from './requests.ts';
import { type Answered, normalize, usedFastPath, withoutReceipt } from './response.ts';
import { type Numbers, numbers, tapeOf } from './tape.ts';
import { createValues } from './values.ts';

/** Of the eligible requests. */
const LEAST_SHARE = 0.4;
const LEAST_CASES = 5_000;
/** `SAME_ANSWERS_SEED=7` tries other operations. */
const SEED = Number(process.env.SAME_ANSWERS_SEED ?? 20_261_125);

/** With time enough to find a small case, and to tell of it. */
const BOUNDS = { seed: SEED, interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true };

const schema = createSchema();
const values = createValues(PEOPLE);

const operation = (most: number) =>
  fc.record({ head: numbers(10), selections: fc.array(numbers(50), { minLength: 1, maxLength: most, size: 'max' }) });
const recipe: fc.Arbitrary<DocumentRecipe> = fc.record({
  style: numbers(10),
  operations: fc.oneof(
    { weight: 6, arbitrary: fc.array(operation(5), { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(operation(2), { minLength: 2, maxLength: 3 }) },
  ),
});

/** One document, and the requests that send it. */
interface Case {
  readonly document: MadeDocument;
  readonly faults: readonly FaultSpec[];
  readonly requests: readonly Sent[];
}

function casesOf({ faults, requests, hasTrustedDocuments = false }: Configuration) {
  const anyDocument = recipe.map((made) => makeDocument(schema, values, made));
  const trusted = hasTrustedDocuments ? fc.sample(anyDocument, { numRuns: 40, seed: SEED }) : [];
  const documentIds = new Map(trusted.map(({ text }, n) => [text, `document${n}`]));
  const document = hasTrustedDocuments ? fc.constantFrom(...trusted) : anyDocument;
  const tapes = fc.array(numbers(80), { minLength: 1, maxLength: 8, size: 'max' });
  const cases = fc.tuple(document, fc.nat(), tapes).map(([made, fault, each]): Case => {
    const toRequest = (tape: Numbers) => makeRequest(made, values, { ...requests, documentIds }, tapeOf(tape));
    // The first is the plainest there is, so that the document is known from then on.
    return { document: made, faults: faults[fault % faults.length] ?? [], requests: [[], ...each].map(toRequest) };
  });
  const trustedDocuments = Object.fromEntries(trusted.map(({ text }, n) => [`document${n}`, text]));
  return { cases, trustedDocuments: hasTrustedDocuments ? trustedDocuments : undefined };
}

/** It was answered with data, and asks for people only. */
const isEligible = ({ method, path }: Sent, { text }: MadeDocument, { status, body }: Answered) =>
  method === 'POST' &&
  path === '/graphql' &&
  status === 200 &&
  body.includes('"data":{') &&
  !/__schema|__type\b|_service|_sdl/.test(text);

describe('a gateway with the fast path sends the same responses as one without', () => {
  const totals = { cases: 0, withData: 0, withErrors: 0, refused: 0, isEligible: 0, fastPath: 0 };

  it.each(CONFIGURATIONS)('$name', { timeout: 240_000 }, async (configuration) => {
    const { cases, trustedDocuments } = casesOf(configuration);
    const pair = await startPair({
      people: PEOPLE,
      gateway: { ...configuration.gateway, ...(trustedDocuments && { trustedDocuments }) },
      userTokens: configuration.requests.userTokens,
    });
    const known = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async ({ document, faults, requests }) => {
        for (const sent of requests) {
          const [fastPath, whole] = await pair.send(sent, faults);
          expect({ sent, ...normalize(fastPath) }).toEqual({ sent, ...normalize(whole) });
          expect(usedFastPath(whole.events)).toBe(false);
          count(sent, document, fastPath, known.has(document.text));
          if (whole.body.includes('"data":{')) known.add(document.text);
        }
      }),
      { ...BOUNDS, numRuns: configuration.documents },
    );
  });

  it('to concurrent requests as well', { timeout: 240_000 }, async () => {
    const [configuration] = CONFIGURATIONS as [Configuration];
    const pair = await startPair({ people: PEOPLE, gateway: configuration.gateway, userTokens: [] });
    const { cases } = casesOf(configuration);
    await fc.assert(
      fc.asyncProperty(fc.array(cases, { minLength: 1, maxLength: 3 }), async (several) => {
        const all = several.flatMap(({ requests }) => requests);
        for (const [at, [fastPath, whole]] of (await pair.sendTogether(all)).entries()) {
          const sent = all[at];
          expect({ sent, ...withoutReceipt(normalize(fastPath)) }).toEqual({
            sent,
            ...withoutReceipt(normalize(whole)),
          });
        }
      }),
      { ...BOUNDS, numRuns: 40 },
    );
  });

  it(`in at least ${LEAST_CASES.toLocaleString('en')} cases of all kinds`, () => {
    expect(totals.cases).toBeGreaterThanOrEqual(LEAST_CASES);
    for (const kind of [totals.withData, totals.withErrors, totals.refused]) {
      expect(kind / totals.cases).toBeGreaterThan(0.1);
    }
  });

  it('and the fast path answers the eligible ones', () => {
    expect(totals.fastPath / totals.isEligible).toBeGreaterThan(LEAST_SHARE);
  });

  function count(sent: Sent, document: MadeDocument, answered: Answered, isKnown: boolean): void {
    const hasData = answered.body.includes('"data":{');
    totals.cases++;
    if (hasData) totals.withData++;
    if (hasData && answered.body.includes('"errors":[')) totals.withErrors++;
    if (!hasData) totals.refused++;
    if (isKnown && isEligible(sent, document, answered)) totals.isEligible++;
    if (usedFastPath(answered.events)) totals.fastPath++;
  }
});
