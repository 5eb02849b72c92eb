import { json } from '../../adapters/json/check.js';
import type { Colour } from '../../core/output.js';
import { definePipeline, feed, worker } from '../../core/pipeline.js';
import type { Topic } from '../../core/topic.js';
import { type TrafficEvent, trafficEvent } from '../../generators/traffic/event.js';
import { traffic } from '../../generators/traffic/index.js';
import { consoleLines } from '../../sinks/console/index.js';

const trafficEvents: Topic<TrafficEvent> = {
  name: 'traffic.events',
  partitions: 1,
  format: json(trafficEvent),
  key: ({ city }) => city,
};

const COLOURS: Readonly<Record<TrafficEvent['event_type'], Colour>> = {
  TRAFFIC_JAM: 'yellow',
  ACCIDENT: 'red',
  SPEED_CAMERA: 'cyan',
};

export default definePipeline({
  summary: 'jams, accidents and speed cameras on French roads -> traffic.events -> the console',
  feeds: [feed(traffic, trafficEvents)],
  workers: [
    worker('traffic-viewer', {
      from: [trafficEvents],
      transform: (event) => [event],
      sink: consoleLines<TrafficEvent>({
        line: (event, { partition, offset }) => `partition ${partition} offset ${offset}: ${JSON.stringify(event)}`,
        colour: ({ event_type }) => COLOURS[event_type],
      }),
    }),
  ],
});
