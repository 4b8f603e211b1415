-- When tickets were sold: by type and by hour of the event's own clock. A ticket without a time of creation is in no hour.
with hours as (
  select
    tickets.event_id,
    coalesce(tickets.ticket_type_id, tickets.ticket_name, '') as ticket_type_id,
    date_trunc('hour', tickets.created_at at time zone coalesce(events.zone, 'UTC')) as local_hour,
    count(*)::int as sold,
    case
      when min(tickets.currency) is not distinct from max(tickets.currency)
        then coalesce(sum(tickets.real_price), 0)
    end as revenue,
    case when min(tickets.currency) = max(tickets.currency) then min(tickets.currency) end as currency
  from tickets
  left join events on events.id = tickets.event_id
  where tickets.event_id = any($1::text[])
    and tickets.status in ('VALID', 'DETAILSREQUIRED')
    and tickets.deleted_at is null
    and tickets.created_at is not null
  group by 1, 2, 3
)
select
  hours.event_id,
  hours.ticket_type_id,
  hours.local_hour,
  ticket_summary.ticket_category as category,
  ticket_summary.ticket_division as division,
  hours.sold,
  hours.revenue,
  hours.currency
from hours
left join ticket_summary
  on ticket_summary.event_id = hours.event_id and ticket_summary.ticket_type_id = hours.ticket_type_id
