// The kinds of environment variable. Each decorator names the variable, parses its text
// (class-transformer) and checks the outcome (class-validator) with one sentence that says what is
// wanted, so that a fault reads the same for every variable of the kind.
import { Expose, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const TEXT_LENGTH_MAX = 4096;
const TRUE_WORDS = ['true', '1', 'yes', 'on'];
const FALSE_WORDS = ['false', '0', 'no', 'off'];

/** Property of the class → name of its variable; faults are told by the latter. */
export const variableOfProperty = new Map<string, string>();

/** A whole number within inclusive bounds. */
export function WholeNumber(variable: string, min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return together(variable, parseNumber, [
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  ]);
}

/** A number within inclusive bounds; decimals are allowed. */
export function Decimal(variable: string, min: number, max: number): PropertyDecorator {
  const message = `must be a number from ${min} to ${max}`;
  return together(variable, parseNumber, [
    IsNumber({}, { message }),
    Min(min, { message }),
    Max(max, { message }),
  ]);
}

export function Switch(variable: string): PropertyDecorator {
  return together(variable, parseSwitch, [IsBoolean({ message: 'must be true or false' })]);
}

export function OneOf(variable: string, allowed: readonly string[]): PropertyDecorator {
  const message = `must be one of ${allowed.join(', ')}`;
  return together(variable, asIs, [IsIn(allowed, { message })]);
}

/** Free text, or text of a given form; `wanted` completes "must be …". */
export function Text(variable: string, form?: RegExp, wanted = 'text'): PropertyDecorator {
  const message = form === undefined ? 'is too long' : `must be ${wanted}`;
  const rules = [MaxLength(TEXT_LENGTH_MAX, { message })];
  if (form !== undefined) rules.push(Matches(form, { message }));
  return together(variable, asIs, rules);
}

/** An address with one of the given schemes. Hosts without a dot (localhost, db) are fine. */
export function Address(variable: string, schemes: string[]): PropertyDecorator {
  const message = `must be an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const begins = new RegExp(`^(${schemes.join('|')})://[^\\s]+$`);
  // IsUrl alone rejects what PostgreSQL takes (several hosts, a socket folder), so it judges http
  // only.
  const rule = schemes.includes('http')
    ? IsUrl({ protocols: schemes, require_protocol: true, require_tld: false }, { message })
    : Matches(begins, { message });
  return together(variable, asIs, [rule]);
}

function together(
  variable: string,
  parse: (text: string) => unknown,
  rules: PropertyDecorator[],
): PropertyDecorator {
  return (target, property) => {
    variableOfProperty.set(String(property), variable);
    Expose({ name: variable })(target, property);
    Transform(({ value }) => (typeof value === 'string' ? parse(value) : value))(target, property);
    IsOptional()(target, property);
    for (const rule of rules) rule(target, property);
  };
}

function parseNumber(text: string): number {
  return NUMBER_TEXT.test(text) ? Number(text) : Number.NaN;
}

/** Text that is neither yes nor no stays text, and IsBoolean tells the fault. */
function parseSwitch(text: string): boolean | string {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : text;
}

function asIs(text: string): string {
  return text;
}
