import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What lists show of a decision, and the ads it is about, beside the answer itself: an answer of
 * ten thousand ads is megabytes, and neither a page nor a comparison of decisions should read it.
 */
export class SlimDecisions1795300000067 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table sampling_decisions add column summary json, add column ad_ids text[]',
    );
    await runner.query(`
      update sampling_decisions
         set ad_ids = array(select item ->> 'ad_id'
                              from json_array_elements(answer -> 'recommendations') item),
             summary = json_build_object(
               'total_budget', answer -> 'total_budget', 'value_unit', answer -> 'value_unit',
               'counts', (select json_build_object(
                   'ads', count(*), 'scale', count(*) filter (where action = 'scale'),
                   'hold', count(*) filter (where action = 'hold'),
                   'reduce', count(*) filter (where action = 'reduce'),
                   'pause', count(*) filter (where action = 'pause'),
                   'left_out', json_array_length(answer -> 'left_out'))
                   from json_to_recordset(answer -> 'recommendations') as item (action text)),
               'unallocated', answer -> 'unallocated', 'expected', answer -> 'expected',
               'notes', answer -> 'notes')`);
    await runner.query(`
      alter table sampling_decisions
        alter column summary set not null, alter column ad_ids set not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table sampling_decisions drop column summary, drop column ad_ids');
  }
}
