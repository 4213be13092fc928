/** For whom the schema is printed: clients, Apollo Federation 2, schema stitching. */
export const SCHEMA_FORMATS = ['api', 'federation', 'stitching'] as const;

export type SchemaFormat = (typeof SCHEMA_FORMATS)[number];
