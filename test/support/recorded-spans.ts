import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { onTestFinished } from 'vitest';

export const CALL = 'POST /open_api/user/query';
export const RENEWAL = 'POST /open_api/authen/plugin_token';

/** Loads an SDK of OpenTelemetry, as users do, until the test ends. Whatever has ended can be seen. */
export function recordedSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  onTestFinished(async () => {
    for (const api of [trace, context, propagation]) api.disable();
    await provider.shutdown();
  });
  const all = () => exporter.getFinishedSpans();
  return { all, named: (name: string): ReadableSpan[] => all().filter((span) => span.name === name) };
}
