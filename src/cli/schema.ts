import { printSchema } from 'graphql';
import { createApiSchema, createSdl } from '../schema/schema.ts';

/** For clients, Apollo Federation 2 or schema stitching. */
export type SchemaFormat = 'api' | 'federation' | 'stitching';

/** Prints the GraphQL schema. */
export function printSchemaAs({ format }: { format: SchemaFormat }): void {
  const text = format === 'api' ? printSchema(createApiSchema()) : createSdl()[format];
  process.stdout.write(`${text.trimEnd()}\n`);
}
