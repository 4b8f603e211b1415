-- The countries that reports group nationalities and addresses by.
select listed.code, listed.country, listed.region, listed.sub_region
from jsonb_to_recordset($2::jsonb -> 'countries')
  as listed (code text, country text, region text, sub_region text)
