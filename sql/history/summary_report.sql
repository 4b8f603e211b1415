-- The sold count of each group at this run, the history that growth and projection rest on.
insert into summary_report (event_id, ticket_group, total_count, ticket_type_ids, ticket_names, created_at, updated_at)
select
  changed.event_id,
  sales_groups.ticket_group,
  coalesce(sum(ticket_summary.total_count), 0)::int,
  coalesce(array_agg(ticket_summary.ticket_type_id order by ticket_summary.ticket_name, ticket_summary.ticket_type_id)
    filter (where ticket_summary.id is not null), '{}'),
  coalesce(array_agg(ticket_summary.ticket_name order by ticket_summary.ticket_name, ticket_summary.ticket_type_id)
    filter (where ticket_summary.id is not null), '{}'),
  now(),
  now()
from (select distinct event_id from unnest($1::text[]) as given (event_id)) as changed
cross join sales_groups
left join ticket_summary
  on ticket_summary.event_id = changed.event_id
  and sales_groups.category in ('*', ticket_summary.ticket_category)
group by changed.event_id, sales_groups.ticket_group
order by changed.event_id, min(sales_groups.position);
