import { describe, expect, it } from '@jest/globals';
import {
  featuresOf,
  featuresOfKey,
  normalised,
  normalisedNiche,
  patternKey,
  patternsOf,
  similarity,
} from './creative-features.js';

describe('featuresOf', () => {
  it('keeps what is comparable between accounts, in one spelling', () => {
    const creative = {
      hook_type: ' Ask a Question! ',
      cta_type: 'LEARN-MORE',
      format: 'Video',
      duration_s: 15,
      audience: 'lookalike 1 %',
      text: 'Is your cat bored?',
    };
    expect(featuresOf(creative)).toEqual({
      cta_type: 'learn_more',
      duration: '7_to_15s',
      format: 'video',
      hook_type: 'ask_a_question',
    });
  });

  it('leaves out empty, overlong and structured values', () => {
    expect(featuresOf({ hook_type: ' ', cta_type: 'x'.repeat(41), format: { a: 1 } })).toEqual({});
    expect(normalised('!!!')).toBeNull();
    expect(featuresOf({ duration_s: 0 })).toEqual({});
    expect(featuresOf({ duration_s: 90 })).toEqual({ duration: 'long' });
  });

  it('takes its own answer for a creative', () => {
    const features = featuresOf({ hook_type: 'Offer', duration_s: 5 });
    expect(featuresOf(features)).toEqual(features);
  });

  it('gives one trade one name', () => {
    expect(normalisedNiche('Pet Food')).toBe(normalisedNiche('pet-food '));
    expect(normalisedNiche(null)).toBeNull();
  });
});

describe('patterns', () => {
  it('are the sets of one to three features, the general ones first', () => {
    expect(patternsOf({ format: 'video', hook_type: 'offer' })).toEqual([
      'format=video',
      'hook_type=offer',
      'format=video&hook_type=offer',
    ]);
    const four = { cta_type: 'a', duration: 'b', format: 'c', hook_type: 'd' };
    expect(patternsOf(four)).toHaveLength(14);
    expect(patternsOf({})).toEqual([]);
  });

  it('are read back from their keys', () => {
    const features = { format: 'video', hook_type: 'offer' };
    expect(featuresOfKey(patternKey(features))).toEqual(features);
    expect(featuresOfKey('')).toEqual({});
  });

  it('are alike by what they share of all that either has', () => {
    expect(similarity({ a: '1', b: '2' }, { a: '1', c: '3' })).toBeCloseTo(1 / 3, 12);
    expect(similarity({ a: '1' }, { a: '2' })).toBe(0);
    expect(similarity({}, {})).toBe(0);
  });
});
