export { AttributionModule } from './attribution.module.js';
export { DeliveryService } from './delivery/delivery.service.js';
