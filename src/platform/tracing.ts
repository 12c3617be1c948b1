import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

/**
 * Spans of the queues, from the notice to the award, for whichever OpenTelemetry SDK the process was
 * started with (`node --import`). Without one they go nowhere; that costs little, but is off by default.
 */
export const createTracing = (on: boolean): Telemetry | null =>
  on ? new BullMQOtel({ tracerName: 'palier' }) : null;
