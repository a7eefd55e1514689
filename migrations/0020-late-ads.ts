import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ads that were registered lately, until attribution has looked for conversions that named them. */
export class LateAds1795300000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ad_arrivals (
        account_id text not null,
        ad_id text not null,
        primary key (account_id, ad_id)
      )`);
    await runner.query(`
      create index conversions_naming_ad on conversions (account_id, ad_id)
       where attributed_ad_id is null and kind <> 'other' and ad_id is not null`);
    await runner.query(`
      create index conversions_naming_utm on conversions using gin (utm_ids)
       where attributed_ad_id is null and kind <> 'other' and utm_ids <> '{}'`);
    // Whoever registered late before this day finds their conversions too.
    await runner.query('insert into ad_arrivals select account_id, ad_id from ads');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index conversions_naming_utm');
    await runner.query('drop index conversions_naming_ad');
    await runner.query('drop table ad_arrivals');
  }
}
