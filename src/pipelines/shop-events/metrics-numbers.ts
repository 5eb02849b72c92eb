import type { Numbers } from '../../sinks/snapshot/index.js';
import { countEvent, emptyMetrics, type Metrics, type ShopEvent } from './metrics.js';
import { fromJson, toJson } from './metrics-json.js';
import { metricsReport } from './metrics-report.js';
import { metricsText } from './metrics-text.js';

const SHOWN_EVERY = 20;

/** The metrics as numbers that are kept: shown every 20 events, and at the end. */
export const metricsNumbers: Numbers<ShopEvent, Metrics> = {
  file: 'metrics.json',
  empty: emptyMetrics,
  add: countEvent,
  toJson,
  read: fromJson,
  show: {
    every: ({ every }) => every ?? SHOWN_EVERY,
    lines: (metrics, { json }) => (json ? [JSON.stringify(metricsReport(metrics))] : [...metricsText(metrics), '']),
  },
};
