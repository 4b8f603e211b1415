-- The countries that reports group nationalities and addresses by.
select listed.code, listed.country, listed.region, listed.sub_region
from jsonb_to_recordset($2::jsonb -> 'countries')
  as listed (code text, country text, region text, sub_region text)
-- Always true: a statement has to mention every parameter that it is sent.
where coalesce(cardinality($1::text[]), 0) >= 0
