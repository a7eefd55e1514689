// The program's own database inside the embedded cluster, and the ordinary role that the program
// connects as: with the cluster's superuser, a statement that somebody smuggled in could read any
// file of the machine. Clusters made before that role existed are given to it here.
import { createHmac } from 'node:crypto';
import type pg from 'pg';

export const APP_USER = 'loopgain_app';
export const APP_DATABASE = 'loopgain';

/** Any number that only we use: of two processes that start together, one makes and one finds. */
const MAKING_LOCK = 7_205_759_405;

/** Derived, so that every process knows it and there is no second file to lose. */
export function appPassword(clusterPassword: string): string {
  return createHmac('sha256', clusterPassword).update(APP_USER).digest('hex');
}

/** `admin` is connected to the maintenance database, `connect` makes one to any other. */
export async function ensureAppDatabase(
  admin: pg.Client,
  connect: (database: string) => Promise<pg.Client>,
  password: string,
): Promise<void> {
  await admin.query('select pg_advisory_lock($1)', [MAKING_LOCK]);
  try {
    await ensureRole(admin, password);
    const { rows } = await admin.query<{ owner: string }>(
      'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1',
      [APP_DATABASE],
    );
    const [database] = rows;
    if (database === undefined) {
      await admin.query(`create database ${APP_DATABASE} template template0 owner ${APP_USER}`);
    } else if (database.owner !== APP_USER) {
      const owner = await connect(APP_DATABASE);
      await giveAway(owner).finally(() => owner.end());
    }
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [MAKING_LOCK]);
  }
}

async function ensureRole(admin: pg.Client, password: string): Promise<void> {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [APP_USER]);
  if (rowCount !== 0) return;
  // The password is hexadecimal, so it needs no quoting; DDL takes no parameters.
  await admin.query(
    `create role ${APP_USER} login nosuperuser nocreatedb nocreaterole password '${password}'`,
  );
}

/** In one transaction, the database itself last: its owner says that all of it was done. */
async function giveAway(owner: pg.Client): Promise<void> {
  await owner.query('begin');
  await owner.query(`
    do $$
    declare
      statement text;
    begin
      for statement in
        select format('alter %s %I.%I owner to ${APP_USER}',
                      case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                                     when 'S' then 'sequence' else 'table' end,
                      n.nspname, c.relname)
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'S')
           -- A sequence that belongs to a column goes with its table.
           and not exists (select from pg_depend d
                            where d.classid = 'pg_class'::regclass and d.objid = c.oid
                              and d.deptype in ('a', 'i') and d.refobjsubid > 0)
        union all
        select format('alter routine %s owner to ${APP_USER}', p.oid::regprocedure)
          from pg_proc p where p.pronamespace = 'public'::regnamespace
      loop
        execute statement;
      end loop;
    end $$`);
  await owner.query(`alter database ${APP_DATABASE} owner to ${APP_USER}`);
  await owner.query('commit');
}
