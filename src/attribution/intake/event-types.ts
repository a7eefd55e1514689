// An event once it was read: cleaned, hashed, ready to be stored.
import type { FieldVerdict } from '../identity/user-data.js';
import type { TimeRules } from './event-rules.js';

export interface EventRules extends TimeRules {
  currency: string;
  conversionEvents: string[];
  leadEvents: string[];
}

export interface ReadEvent {
  eventName: string;
  eventId: string;
  eventTime: Date;
  expiresAt: Date;
  kind: 'conversion' | 'lead' | 'other';
  /** As Meta gets it, JSON text: written once, stored as it is. */
  payload: string;
  fields: FieldVerdict[];
  matchKeys: string[];
  adId: string | null;
  clickId: string | null;
  stage: string | null;
  orderId: string | null;
  leadId: string | null;
  valueMinor: number | null;
  utmIds: string[];
  fbclid: string | null;
  givenFbc: string | null;
  externalIds: string[];
  hasConsent: boolean;
}
