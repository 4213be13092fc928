import { printSchema } from 'graphql';
import { createApiSchema, createSdl } from '../schema/schema.ts';
import type { SchemaFormat } from './schema-formats.ts';

export function printSchemaAs({ format }: { format: SchemaFormat }): void {
  const text = format === 'api' ? printSchema(createApiSchema()) : createSdl()[format];
  process.stdout.write(`${text.trimEnd()}\n`);
}
