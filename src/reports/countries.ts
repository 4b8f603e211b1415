/** The countries of ISO 3166-1 by the regions of the United Nations (M49), as `country_configs` holds them. */

/** One row of `country_configs`. */
export interface Country {
  /** Two letters of ISO 3166-1. */
  readonly code: string;
  /** In English, as people write it. */
  readonly country: string;
  readonly region: string;
  /** The finest region of M49 that holds it, such as `South America` rather than `Latin America and the Caribbean`. */
  readonly sub_region: string;
}

/** Region to sub region to codes. Beside M49: Taiwan, Kosovo (XK, which ISO leaves to its users), and Antarctica as a region. */
const CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Africa: {
    'Northern Africa': 'DZ EG EH LY MA SD TN',
    'Eastern Africa': 'BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW',
    'Middle Africa': 'AO CD CF CG CM GA GQ ST TD',
    'Southern Africa': 'BW LS NA SZ ZA',
    'Western Africa': 'BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG',
  },
  Americas: {
    'Northern America': 'BM CA GL PM US',
    Caribbean: 'AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI',
    'Central America': 'BZ CR GT HN MX NI PA SV',
    'South America': 'AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE',
  },
  Antarctica: { Antarctica: 'AQ' },
  Asia: {
    'Central Asia': 'KG KZ TJ TM UZ',
    'Eastern Asia': 'CN HK JP KP KR MN MO TW',
    'South-eastern Asia': 'BN ID KH LA MM MY PH SG TH TL VN',
    'Southern Asia': 'AF BD BT IN IR LK MV NP PK',
    'Western Asia': 'AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE',
  },
  Europe: {
    'Eastern Europe': 'BG BY CZ HU MD PL RO RU SK UA',
    'Northern Europe': 'AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ',
    'Southern Europe': 'AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK',
    'Western Europe': 'AT BE CH DE FR LI LU MC NL',
  },
  Oceania: {
    'Australia and New Zealand': 'AU CC CX HM NF NZ',
    Melanesia: 'FJ NC PG SB VU',
    Micronesia: 'FM GU KI MH MP NR PW UM',
    Polynesia: 'AS CK NU PF PN TK TO TV WF WS',
  },
};

/** Where the runtime's English name is not what people write. */
const NAMES: Readonly<Record<string, string>> = {
  CC: 'Cocos Islands',
  CD: 'Democratic Republic of the Congo',
  CG: 'Republic of the Congo',
  GS: 'South Georgia and the South Sandwich Islands',
  HK: 'Hong Kong',
  HM: 'Heard Island and McDonald Islands',
  MM: 'Myanmar',
  MO: 'Macao',
  PS: 'Palestine',
  UM: 'United States Minor Outlying Islands',
  VC: 'Saint Vincent and the Grenadines',
  VI: 'United States Virgin Islands',
};

const english = new Intl.DisplayNames('en', { type: 'region' });

function nameOf(code: string): string {
  const name = NAMES[code] ?? english.of(code) ?? code;
  return name
    .replace(' & ', ' and ')
    .replace(/^St\. /, 'Saint ')
    .replace('’', "'");
}

/** The 249 countries and areas of ISO 3166-1 and Kosovo, each once, by code. */
export const COUNTRIES: readonly Country[] = Object.entries(CODES)
  .flatMap(([region, parts]) =>
    Object.entries(parts).flatMap(([sub_region, codes]) =>
      codes.split(' ').map((code) => ({ code, country: nameOf(code), region, sub_region })),
    ),
  )
  .sort((one, other) => (one.code < other.code ? -1 : 1));
