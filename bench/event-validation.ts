// What checking one event costs: the compiled schema that the server uses against the framework's
// usual way, a class with class-validator's decorators. The same items, faults in the same form.
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  validateSync,
} from 'class-validator';
import { NewEvent } from '../src/learning/index.js';
import type { InputFault } from '../src/shared/errors.js';
import { compileCheck } from '../src/shared/http/schema.js';
import { median, rounded } from './measure.js';

const PRINTABLE = /^[^\u0000-\u001f\u007f]*$/u;

class DecoratedEvent {
  @IsString() @Length(1, 128) @Matches(PRINTABLE) event_id!: string;
  @IsString() @Length(1, 128) @Matches(PRINTABLE) ad_id!: string;
  @IsIn(['impression', 'click', 'conversion']) type!: string;
  @IsOptional() @IsInt() @Min(1) @Max(1_000_000) count?: number;
  @IsOptional() @IsNumber() @Min(0) @Max(1_000_000_000) value?: number | null;
  @IsOptional() @IsString() @MaxLength(10) currency?: string | null;
  @IsOptional() @IsString() @MaxLength(100) stage?: string | null;
  @IsISO8601({ strict: true }) occurred_at!: string;
  @IsOptional() @IsString() @Length(1, 128) @Matches(PRINTABLE) click_id?: string | null;
  @IsOptional() @IsISO8601({ strict: true }) clicked_at?: string | null;
  @IsOptional() @IsObject() features?: Record<string, unknown> | null;
}

const compiled = compileCheck(NewEvent);

function decorated(item: object): InputFault[] {
  return validateSync(plainToInstance(DecoratedEvent, item)).flatMap(({ property, constraints }) =>
    Object.values(constraints ?? {}).map((detail) => ({ pointer: `/${property}`, detail })),
  );
}

/**
 * Microseconds of the processor per item, median of rounds taken in turn; one item in a hundred is
 * faulty.
 */
export function benchEventValidation(items: object[]): Record<string, number> {
  const given = items.map((item, index) =>
    index % 100 === 99 ? { ...item, count: -1, occurred_at: 'yesterday' } : item,
  );
  const times = { compiled: [] as number[], decorated: [] as number[] };
  const faults = { compiled: 0, decorated: 0 };
  const take = (name: keyof typeof times, check: (item: object) => InputFault[]) => {
    // Time of the processor: on a busy machine the clock measures the others.
    const since = process.cpuUsage();
    faults[name] = given.filter((item) => check(item).length > 0).length;
    const { user, system } = process.cpuUsage(since);
    times[name].push((user + system) / given.length);
  };
  for (let round = 0; round < 9; round++) {
    take('compiled', compiled);
    take('decorated', decorated);
  }
  if (faults.compiled !== faults.decorated) {
    throw new Error(`the checks differ: ${faults.compiled} and ${faults.decorated} faulty items`);
  }
  return {
    check_us_compiled: rounded(median(times.compiled)),
    check_us_class_validator: rounded(median(times.decorated)),
    class_validator_over_compiled: rounded(median(times.decorated) / median(times.compiled), 1),
  };
}
