-- How much of each partner's contingent is redeemed, and what is left of it?
create or replace view v_under_shop_usage as
select
  summary.event_id,
  events.name as event_name,
  summary.shop_id,
  summary.shop_name,
  summary.shop_category,
  summary.shop_active,
  summary.ticket_type_id,
  summary.ticket_name,
  summary.ticket_category as category,
  summary.ticket_division as division,
  summary.ticket_event_day as event_day,
  summary.total_count as redeemed,
  summary.ticket_volume as volume,
  summary.ticket_volume - summary.total_count as remaining,
  round(100.0 * summary.total_count / nullif(summary.ticket_volume, 0), 1) as percent,
  coalesce(summary.shop_active and summary.contingent_active, false) as on_sale
from ticket_under_shop_summary as summary
left join events on events.id = summary.event_id
order by events.start_date, summary.event_id, summary.shop_name, summary.shop_id, summary.ticket_name, summary.ticket_type_id;
comment on view v_under_shop_usage is 'How much of each partner''s contingent is redeemed, and what is left of it? One row an event, under shop and ticket type; shops that are no longer active too, and contingents that nobody used.';
comment on column v_under_shop_usage.event_id is 'vivenu id of the event';
comment on column v_under_shop_usage.event_name is 'Name of the event';
comment on column v_under_shop_usage.shop_id is 'vivenu id of the under shop';
comment on column v_under_shop_usage.shop_name is 'Name of the under shop; empty: the event does not know it';
comment on column v_under_shop_usage.shop_category is 'Kind of shop, as the profile reads it from its name';
comment on column v_under_shop_usage.shop_active is 'False where the shop is switched off or was removed from the event';
comment on column v_under_shop_usage.ticket_type_id is 'vivenu id of the ticket type';
comment on column v_under_shop_usage.ticket_name is 'Name of the ticket type';
comment on column v_under_shop_usage.category is 'Category of the ticket type, as the profile names it';
comment on column v_under_shop_usage.division is 'Division of the ticket type';
comment on column v_under_shop_usage.event_day is 'Day of the ticket type; empty: its name names none';
comment on column v_under_shop_usage.redeemed is 'Tickets sold through this shop: persons';
comment on column v_under_shop_usage.volume is 'Tickets that the shop may sell of this type; empty: no limit is known';
comment on column v_under_shop_usage.remaining is 'Volume less redeemed; negative where more was sold than the volume is now';
comment on column v_under_shop_usage.percent is 'Redeemed, in percent of the volume';
comment on column v_under_shop_usage.on_sale is 'True where shop and contingent are active: what remains can still be bought';
