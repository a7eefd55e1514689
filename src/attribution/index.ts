export { AttributionModule } from './attribution.module.js';
export { ClickTimes, type ClickTime } from './matching/click-times.service.js';
export { DeliveryService } from './delivery/delivery.service.js';
export { OLD_CONVERSIONS } from './old-conversions.queries.js';
export { Isolation } from './delivery/isolate.js';
export { cleanUserData } from './identity/user-data.js';
