import { inSession } from './ancestor-session.js';

/** What a user of the Python system has made around its tables. */
export async function addUsersOwn(url: string, schema: string): Promise<void> {
  await inSession({ url, path: [schema], zone: 'UTC' }, async (client) => {
    await client.query(`
    alter table tickets add column vip boolean;
    update tickets set vip = true where id in (select id from tickets order by id limit 7);
    create table notes (ticket_id varchar references tickets (id), note text);
    insert into notes select id, 'call back' from tickets order by id limit 3;
    create index my_tickets_by_time on tickets (created_at);
    create index my_valid_tickets on tickets (ticket_name) where status = 'VALID';
    create index my_names on tickets (lower(ticket_name));
    create index my_days on tickets ((created_at::date));
    create function note_change() returns trigger language plpgsql as 'begin return new; end';
    create trigger my_trigger after update of status on tickets for each row execute function note_change();

    create view sales_by_day as select created_at::date as day, gender, count(*) as sold from tickets group by 1, 2;
    comment on view sales_by_day is 'Mine';
    comment on column sales_by_day.day is 'My day';
    grant select on sales_by_day to public;
    create view vips as select id, ticket_name, created_at from tickets where vip;
    create schema bi;
    create view bi.busiest with (security_barrier = true) as
      select day, sum(sold) as sold, row_number() over (order by sum(sold) desc, day) as place from "${schema}".sales_by_day group by day;
    create materialized view bi.cities as
      select city, count(*) as people from "${schema}".tickets join "${schema}".events on events.id = event_id group by 1;
    create unique index on bi.cities (city);
    create materialized view bi.nothing_yet as select count(*) as people from "${schema}".tickets with no data`);
  });
}
