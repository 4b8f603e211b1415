-- How many of each add-on have to be handed out?
create or replace view v_addons as
select
  summary.event_id,
  events.name as event_name,
  summary.product_id,
  summary.product_variant_id,
  summary.addon_name,
  summary.total_count as sold,
  summary.tickets
from ticket_addon_summary as summary
left join events on events.id = summary.event_id
order by events.start_date, summary.event_id, summary.total_count desc, summary.addon_name;
comment on view v_addons is 'How many of each add-on have to be handed out? One row an event, product, variant and name; every add-on of every sold ticket counts, two of a kind on one ticket count two.';
comment on column v_addons.event_id is 'vivenu id of the event';
comment on column v_addons.event_name is 'Name of the event';
comment on column v_addons.product_id is 'vivenu id of the product';
comment on column v_addons.product_variant_id is 'vivenu id of the variant of the product';
comment on column v_addons.addon_name is 'Name of the add-on on the ticket';
comment on column v_addons.sold is 'Pieces sold';
comment on column v_addons.tickets is 'Sold tickets that have at least one of them';
