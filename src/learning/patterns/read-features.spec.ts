import { describe, expect, it } from '@jest/globals';
import { readFeatures } from './read-features.js';

describe('readFeatures', () => {
  it('reads pairs and JSON alike', () => {
    const features = { hook_type: 'question', duration_s: 15 };
    expect(readFeatures('hook_type=question, duration_s=15')).toEqual(features);
    expect(readFeatures('hook_type:question;duration_s:15')).toEqual(features);
    expect(readFeatures(JSON.stringify(features))).toEqual(features);
  });

  it('says null for none and undefined for what it cannot read', () => {
    expect(readFeatures(undefined)).toBeNull();
    expect(readFeatures('  ')).toBeNull();
    expect(readFeatures('video')).toBeUndefined();
    expect(readFeatures('{"a":')).toBeUndefined();
  });
});
