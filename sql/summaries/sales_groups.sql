-- Which categories each group of the sales summary counts; '*' stands for all of them.
select
  groups.ticket_group,
  categories.category,
  groups.position,
  groups.is_headline
from jsonb_to_recordset($2::jsonb -> 'groups')
  as groups (ticket_group text, categories jsonb, is_headline boolean, position int)
cross join lateral jsonb_array_elements_text(
  case when jsonb_typeof(groups.categories) = 'array' then groups.categories else '["*"]' end
) as categories (category)
