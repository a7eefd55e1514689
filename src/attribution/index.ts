export { AdEventSink, type AdEventRow, type InsertAdEvents } from './ad-event-sink.js';
export { AttributionModule } from './attribution.module.js';
export { DeliveryService } from './delivery/delivery.service.js';
