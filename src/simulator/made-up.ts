/** Made-up people, places and clubs in several scripts; nothing here needs escaping in JSON. */

interface Place {
  country: string;
  currency: string;
  timezone: string;
  cities: readonly string[];
  streets: readonly string[];
  first: readonly string[];
  last: readonly string[];
  /** The first names in ASCII, for mail addresses. */
  mail: readonly string[];
}

const split = (text: string) => text.split('|');

function place(head: string, cities: string, streets: string, people: [string, string, string?]): Place {
  const [country = '', currency = '', timezone = ''] = split(head);
  const [first, last, mail = first] = people;
  return {
    country,
    currency,
    timezone,
    cities: split(cities),
    streets: split(streets),
    first: split(first),
    last: split(last),
    mail: split(mail).map((name) => name.toLowerCase().replace(/[^a-z]/g, 'x')),
  };
}

export const PLACES: readonly Place[] = [
  place(
    'DE|EUR|Europe/Berlin',
    'Nordhafen|Süßwinkel|Altenbrück|Grünmoor',
    'Mühlenweg|Am Flüsschen|Lindenstraße',
    [
      'Jörg|Käthe|Sören|Änne|Lukas|Mia|Björn|Zoë',
      'Müllerbach|Groß|Öhlschläger|von der Heidten|Weißkamp|Lüders-Horn',
      'joerg|kaethe|soeren|aenne|lukas|mia|bjoern|zoe',
    ],
  ),
  place(
    'GB|GBP|Europe/London',
    'Eastwick|Harrowmere|Port Linden|Dunholm',
    'Mill Lane|King’s Row|Station Road',
    [
      'Oliver|Amelia|Siobhán|Callum|Niamh|Priya|Theo|Isla',
      "O'Dell|Featherstone|Mc Alder|Whitcombe|Ashby-Rowe|Okafor",
      'oliver|amelia|siobhan|callum|niamh|priya|theo|isla',
    ],
  ),
  place('PL|PLN|Europe/Warsaw', 'Łężyce|Nowogród|Zielonka', 'ul. Źródlana|ul. Świętej Anny|al. Lipowa', [
    'Łukasz|Małgorzata|Wojciech|Zofia|Paweł|Agnieszka',
    'Brzęczyszczak|Wiśniewska|Żółkiewski|Dąbrowa|Śliwa',
    'lukasz|malgorzata|wojciech|zofia|pawel|agnieszka',
  ]),
  place('HK|HKD|Asia/Hong_Kong', '觀海|北灣|新塘', '海濱道12號|彌景街|青山路', [
    '嘉欣|志明|詠詩|俊傑|家豪|美玲',
    '陳|黃|歐陽|李|張|司徒',
    'kayan|chiming|wingsze|chunkit|kaho|meiling',
  ]),
  place('JP|JPY|Asia/Tokyo', '青波市|白石町|緑ヶ丘', '1丁目2番|さくら通り|港町3-4', [
    'さくら|太郎|ハルト|美咲|蓮|結衣',
    '佐倉|髙橋|渡邉|鈴森|齋藤|小鳥遊',
    'sakura|taro|haruto|misaki|ren|yui',
  ]),
  place('AE|AED|Asia/Dubai', 'ميناء النور|واحة الريم|برج البحر', 'شارع النخيل|طريق الواحة|شارع 7', [
    'ليلى|عمر|فاطمة|خالد|نور|سلمى',
    'الحداد|بن سالم|المنصوري|القاسم|درويش',
    'layla|omar|fatima|khaled|nour|salma',
  ]),
  place('GR|EUR|Europe/Athens', 'Νέα Ακτή|Λευκό Χωριό|Πέτρα', 'Οδός Ελιάς|Λεωφόρος Θαλάσσης|Οδός 8', [
    'Ελένη|Γιώργος|Σοφία|Νίκος|Κατερίνα|Πέτρος',
    'Παπαδάκης|Οικονόμου|Βλάχου|Σαββίδης|Ιωάννου',
    'eleni|giorgos|sofia|nikos|katerina|petros',
  ]),
  place('IN|INR|Asia/Kolkata', 'नवगाँव|सागरपुर|हरितनगर', 'गांधी मार्ग|एम.जी. रोड|झील पथ', [
    'आरव|अनन्या|विवान|दिया|कबीर|मीरा',
    'शर्मा|वर्मा|चौधरी|नायर|देशपांडे',
    'aarav|ananya|vivaan|diya|kabir|meera',
  ]),
  place(
    'MX|MXN|America/Mexico_City',
    'San Andrés|Puerto Ñandú|Río Claro',
    'Calle Sol Nº 4|Av. Peña|Calzada Güemes',
    [
      'José|María|Íñigo|Lucía|Ángel|Sofía',
      'Núñez Peña|García Márquez|Ibáñez|Muñoz|Agüero',
      'jose|maria|inigo|lucia|angel|sofia',
    ],
  ),
  place('TH|THB|Asia/Bangkok', 'เมืองทะเล|บ้านสวน|ท่าน้ำใส', 'ถนนมะลิ|ซอย 9|ถนนริมน้ำ', [
    'สมชาย|อรุณ|ณัฐ|พิมพ์|กมล|ดาว',
    'ใจดี|แสงทอง|ศรีสุข|วงศ์งาม|บุญมา',
    'somchai|arun|nat|pim|kamon|dao',
  ]),
];

export const CLUBS: readonly string[] = split(
  'Iron Harbour Gym|Turnverein Süd 1899|Coast & Crew|Studio “Nº 9”|北灣健身|Klub Żelazo|Box 44|The Rowing Shed|N/A|none',
);
export const MEMBERSHIPS: readonly string[] = [
  'I’m a member of a local club / Ich bin Mitglied',
  "I'm a member of another club",
  "I'm not a member of any club",
];
export const GENDERS: readonly string[] = ['Female / Weiblich', 'Male / Männlich', 'Female 女', 'Male 男'];
export const COMPANIES: readonly string[] = split('Nordlicht GmbH|Blue Kite Ltd|Ola & Søn A/S|株式会社アオ');
export const ADD_ONS: readonly string[] = split(
  'Photo Package|Race Shirt Unisex|Finisher Patch|Parking Saturday|Tote Bag',
);
export const MESSAGES: readonly string[] = split(
  'Bitte am Osteingang melden|Bib pick-up until 18:00 🏁|請於東門報到|Merci d’arriver 60 min avant le départ',
);
