import { printSchema } from 'graphql';
import { createApiSchema, createSdl } from '../schema/schema.ts';

/** For whom the schema is printed: clients, Apollo Federation 2, schema stitching. */
export const SCHEMA_FORMATS = ['api', 'federation', 'stitching'] as const;

export function printSchemaAs({ format }: { format: (typeof SCHEMA_FORMATS)[number] }): void {
  const text = format === 'api' ? printSchema(createApiSchema()) : createSdl()[format];
  process.stdout.write(`${text.trimEnd()}\n`);
}
