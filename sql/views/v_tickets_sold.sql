-- Which tickets are sold, with everything that is known of them but vivenu's raw JSON?
create or replace view v_tickets_sold as
select
  tickets.id,
  tickets.event_id,
  events.name as event_name,
  tickets.root_event_id,
  tickets.seller_id,
  tickets.transaction_id,
  tickets.checkout_id,
  tickets.checkout_item_id,
  tickets.cart_item_id,
  tickets.customer_id,
  tickets.pos_id,
  tickets.sales_channel_id,
  tickets.under_shop_id,
  tickets.is_under_shop,
  tickets.origin_ticket_id,
  tickets.ticket_type_id,
  tickets.ticket_name,
  tickets.category,
  tickets.division,
  tickets.event_day,
  tickets.team_size,
  tickets.team_role,
  tickets.category_ref,
  tickets.category_name,
  tickets.price_category_id,
  tickets.package_id,
  tickets.slot_id,
  tickets.slot_start_time,
  tickets.status,
  tickets.type,
  tickets.origin,
  tickets.delivery_type,
  tickets.fulfillment_type_id,
  tickets.currency,
  tickets.regular_price,
  tickets.real_price,
  tickets.completed,
  tickets.personalized,
  tickets.expired,
  tickets.claimed,
  tickets.ready_for_delivery,
  tickets.barcode,
  tickets.batch,
  tickets.batch_counter,
  tickets.seat,
  tickets.seat_section,
  tickets.seat_group,
  tickets.seat_row,
  tickets.seat_name,
  tickets.seat_gate,
  tickets.company,
  tickets.name,
  tickets.firstname,
  tickets.lastname,
  tickets.email,
  tickets.street,
  tickets.line2,
  tickets.postal,
  tickets.city,
  tickets.state,
  tickets.country,
  tickets.gender,
  tickets.birthday,
  tickets.age,
  tickets.nationality,
  tickets.region_of_residence,
  tickets.is_gym_affiliate,
  tickets.gym_affiliate,
  tickets.gym_affiliate_location,
  tickets.is_returning_athlete,
  tickets.is_returning_athlete_to_city,
  tickets.addons,
  tickets.created_at,
  tickets.updated_at,
  tickets.expires_at,
  tickets.first_seen_at,
  tickets.synced_at
from tickets
left join events on events.id = tickets.event_id
where tickets.status in ('VALID', 'DETAILSREQUIRED')
  and tickets.deleted_at is null;
comment on view v_tickets_sold is 'Which tickets are sold, with everything that is known of them but vivenu''s raw JSON? One row a ticket with status VALID or DETAILSREQUIRED that vivenu still lists. Holds personal data.';
comment on column v_tickets_sold.id is 'vivenu id of the ticket';
comment on column v_tickets_sold.event_id is 'vivenu id of the event';
comment on column v_tickets_sold.event_name is 'Name of the event';
comment on column v_tickets_sold.root_event_id is 'vivenu id of the event that this one repeats';
comment on column v_tickets_sold.seller_id is 'vivenu id of the seller';
comment on column v_tickets_sold.transaction_id is 'vivenu id of the order; a transferred ticket has none';
comment on column v_tickets_sold.checkout_id is 'vivenu id of the checkout';
comment on column v_tickets_sold.checkout_item_id is 'vivenu id of the line of the checkout';
comment on column v_tickets_sold.cart_item_id is 'vivenu id of the line of the cart';
comment on column v_tickets_sold.customer_id is 'vivenu id of the customer';
comment on column v_tickets_sold.pos_id is 'vivenu id of the box office that sold it';
comment on column v_tickets_sold.sales_channel_id is 'vivenu id of the sales channel';
comment on column v_tickets_sold.under_shop_id is 'vivenu id of the under shop that sold it';
comment on column v_tickets_sold.is_under_shop is 'Whether it counts as sold by an under shop, as the profile says';
comment on column v_tickets_sold.origin_ticket_id is 'vivenu id of the ticket that it came from, where it was transferred';
comment on column v_tickets_sold.ticket_type_id is 'vivenu id of the ticket type';
comment on column v_tickets_sold.ticket_name is 'Name of the ticket type when the ticket was made';
comment on column v_tickets_sold.category is 'Category, as the profile reads it from the ticket''s name';
comment on column v_tickets_sold.division is 'Division, as the profile reads it from the ticket''s name';
comment on column v_tickets_sold.event_day is 'Day of the event; MULTI_DAY: several; empty: its name names none';
comment on column v_tickets_sold.team_size is 'People in a team of this kind; 1: everyone starts alone';
comment on column v_tickets_sold.team_role is 'main: pays for the team; member: a further member of it';
comment on column v_tickets_sold.category_ref is 'Reference of vivenu''s ticket category';
comment on column v_tickets_sold.category_name is 'Name of vivenu''s ticket category';
comment on column v_tickets_sold.price_category_id is 'vivenu id of the price category';
comment on column v_tickets_sold.package_id is 'vivenu id of the package that it was sold in';
comment on column v_tickets_sold.slot_id is 'vivenu id of the time slot';
comment on column v_tickets_sold.slot_start_time is 'Beginning of the time slot, as vivenu gives it';
comment on column v_tickets_sold.status is 'VALID, or DETAILSREQUIRED where the holder still has to give details';
comment on column v_tickets_sold.type is 'SINGLE, or MULTI for one that admits more than once';
comment on column v_tickets_sold.origin is 'How it came to be: yourticket, pos, rebooking, upgrade, subscription or transfer';
comment on column v_tickets_sold.delivery_type is 'VIRTUAL or HARD';
comment on column v_tickets_sold.fulfillment_type_id is 'vivenu id of the kind of delivery';
comment on column v_tickets_sold.currency is 'Currency of the prices';
comment on column v_tickets_sold.regular_price is 'Price without a discount, in major units';
comment on column v_tickets_sold.real_price is 'Price paid, in major units';
comment on column v_tickets_sold.completed is 'Whether the purchase is complete';
comment on column v_tickets_sold.personalized is 'Whether a holder is named on it';
comment on column v_tickets_sold.expired is 'Whether it has expired';
comment on column v_tickets_sold.claimed is 'Whether it was claimed';
comment on column v_tickets_sold.ready_for_delivery is 'Whether it may be delivered';
comment on column v_tickets_sold.barcode is 'Barcode; empty unless STORE_BARCODES is on';
comment on column v_tickets_sold.batch is 'Batch in which it was made';
comment on column v_tickets_sold.batch_counter is 'Number within the batch';
comment on column v_tickets_sold.seat is 'Seat, as vivenu writes it';
comment on column v_tickets_sold.seat_section is 'Section of the seat';
comment on column v_tickets_sold.seat_group is 'Group of the seat';
comment on column v_tickets_sold.seat_row is 'Row of the seat';
comment on column v_tickets_sold.seat_name is 'Name of the seat';
comment on column v_tickets_sold.seat_gate is 'Gate of the seat';
comment on column v_tickets_sold.company is 'Company of the holder';
comment on column v_tickets_sold.name is 'Name of the holder';
comment on column v_tickets_sold.firstname is 'First name of the holder';
comment on column v_tickets_sold.lastname is 'Last name of the holder';
comment on column v_tickets_sold.email is 'E-mail address of the holder';
comment on column v_tickets_sold.street is 'Street of the holder';
comment on column v_tickets_sold.line2 is 'Second line of the address';
comment on column v_tickets_sold.postal is 'Postal code of the holder';
comment on column v_tickets_sold.city is 'City of the holder';
comment on column v_tickets_sold.state is 'State of the holder';
comment on column v_tickets_sold.country is 'Country of the holder''s address (ISO 3166)';
comment on column v_tickets_sold.gender is 'Male, Female or what else was answered';
comment on column v_tickets_sold.birthday is 'Date of birth';
comment on column v_tickets_sold.age is 'Full years at the start of the event, in the event''s time zone';
comment on column v_tickets_sold.nationality is 'Nationality, as it was answered';
comment on column v_tickets_sold.region_of_residence is 'Region of residence, as it was answered';
comment on column v_tickets_sold.is_gym_affiliate is 'Whether the holder belongs to a gym, as it was answered';
comment on column v_tickets_sold.gym_affiliate is 'Gym of the holder';
comment on column v_tickets_sold.gym_affiliate_location is 'Place or region of the gym';
comment on column v_tickets_sold.is_returning_athlete is 'Whether the holder took part before';
comment on column v_tickets_sold.is_returning_athlete_to_city is 'Whether the holder took part in this city before';
comment on column v_tickets_sold.addons is 'Add-ons, as vivenu lists them: productId, productVariantId, name';
comment on column v_tickets_sold.created_at is 'When the ticket was made';
comment on column v_tickets_sold.updated_at is 'When it was last changed at vivenu';
comment on column v_tickets_sold.expires_at is 'When a reservation ends';
comment on column v_tickets_sold.first_seen_at is 'When it was first stored here';
comment on column v_tickets_sold.synced_at is 'When its row was last written here';
