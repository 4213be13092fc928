import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { stitchSchemas } from '@graphql-tools/stitch';
import { stitchingDirectives } from '@graphql-tools/stitching-directives';
import { buildSchema, parse } from 'graphql';

const { stitchingDirectivesTransformer } = stitchingDirectives();

/**
 * One schema out of services that tell in `_sdl`, by stitching directives, how their types merge.
 * @param {{ url: string, headers: (request?: { context?: any }) => Record<string, string> }[]} services
 */
export async function stitchedSchema(services) {
  const subschemas = services.map(async ({ url, headers }) => {
    const executor = buildHTTPExecutor({ endpoint: url, headers });
    const answer = /** @type {any} */ (await executor({ document: parse('{ sdl: _sdl }') }));
    return { schema: buildSchema(answer.data.sdl, { assumeValidSDL: true }), executor, batch: true };
  });
  return stitchSchemas({
    subschemas: await Promise.all(subschemas),
    subschemaConfigTransforms: [stitchingDirectivesTransformer],
  });
}
