// What stands where a maker or a firmware has set nothing: the one list, for agents that read it and managers that compare it. Words are
// compared by their letters and digits alone. Pure.

/** Lists of systemd (82-net-auto, 70-dmi), Foreman, MAAS and GLPI, and what boards of ASUS, Gigabyte, Intel and Supermicro were seen with. */
const WORDS: readonly string[] = [
  ...[
    'Unknown',
    'Unknow',
    'Undefined',
    'Undef',
    'None',
    'NULL',
    'Nil',
    'NaN',
    'N/A',
    'Empty',
    'Invalid',
    'Blank',
    'TBD',
    '<BAD INDEX>',
    '<OUT OF SPEC>',
  ],
  ...[
    'Not Specified',
    'Not Provided',
    'Not Available',
    'Not Present',
    'Not Settable',
    'Not Applicable',
    'Not Defined',
    'Not Known',
    'Not Set',
    'Not Used',
    'None Provided',
    'Unspecified',
    'Null String',
  ],
  ...[
    'Not Installed',
    'No Module Installed',
    'No Data',
    'No Serial',
    'No Serial Number',
    'No DIMM',
    'DIMM',
    'No Asset Tag',
    'No Asset Information',
  ],
  ...[
    'Default',
    'Default String',
    'Default Serial',
    'OEM',
    'O.E.M.',
    'OEM String',
    'Fill By OEM',
    'Filled By OEM',
    'Set By OEM',
    'Type1Family',
  ],
  ...[
    'System Serial Number',
    'System Manufacturer',
    'System Product Name',
    'System Name',
    'System Version',
    'System Vendor',
    'System UUID',
    'System SKU',
    'System SKUNumber',
    'SKU',
    'SKU Number',
  ],
  ...['Product Name', 'Product', 'Manufacturer', 'Vendor', 'Model', 'Version', 'Super Server', 'Server'],
  ...[
    'Serial',
    'Serial Number',
    'Serial No',
    'S/N',
    'SN',
    'SerNum',
    'Part Number',
    'PartNum',
    'Asset Tag',
    'Asset',
    'AssetTagNum',
    'Chassis Asset Tag',
  ],
  ...[
    'Chassis Serial Number',
    'Chassis Manufacturer',
    'Chassis Version',
    'Enclosure Serial Number',
    'Base Board Asset Tag',
    'Base Board Product Name',
  ],
  ...[
    'Base Board Serial Number',
    'Board Serial Number',
    'Board Asset Tag',
    'MB Serial Number',
    'Motherboard Serial Number',
    'Mainboard Serial Number',
  ],
  ...[
    'Base Board Manufacturer',
    'Base Board Version',
    'ModulePartNumber',
    'ModuleSerialNumber',
    'Manufacturer Serial Number',
    'Sample',
    'Test',
    'Xxx',
  ],
]

/** `To be filled by O.E.M.`, `To Be Defined By OEM`; `Manufacturer00`, `SerNum01`, `Array1_PartNumber0`, `Asset-1234567890` of memory slots. */
const FORMS: readonly RegExp[] = [
  /^tobe(filled|defined|set|done)/,
  /^(a\d?)?(array\d*)?(dimm\d*)?(module)?(manufacturer|sernum|serialnumber|serialnum|partnum|partnumber|assettag|assettagnum|asset)\d{1,2}$/,
  /^asset1234567890$/,
]

const KNOWN: ReadonlySet<string> = new Set(WORDS.map(core))

/** True for words that tell nothing of a product, board, maker or slot: `Super Server`, `Default string`, `---`. */
export function isPlaceholder(text: string): boolean {
  const letters = core(text)
  return letters === '' || KNOWN.has(letters) || FORMS.some((form) => form.test(letters))
}

/** As `isPlaceholder`, for what shall tell one machine, disk or module from all others: serial numbers, asset tags. */
export function isPlaceholderNumber(text: string): boolean {
  const letters = core(text)
  // `BSN12345678901234567`, `MB-1234567890`: letters that say of what it would be the number, and no number.
  const counted = /^[a-z]{1,8}(\d{8,})$/.exec(letters)?.[1] ?? letters
  return isPlaceholder(text) || /^[0xf]+$/.test(letters) || isRun(letters, 3) || isSequence(counted)
}

/** SMBIOS (DSP0134, 7.2.1): all zeros and all ones are no UUID. The others are what makers put into every board, in both orders of bytes. */
export function isPlaceholderUuid(uuid: string): boolean {
  const digits = core(uuid)
  return new Set(digits).size < 3 || NO_UUIDS.has(digits) || isSequence(digits)
}

/** Group addresses, which no station has, and one byte over and over. */
export function isPlaceholderMac(mac: string): boolean {
  const digits = core(mac)
  const isGroup = (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1
  return digits.length !== 12 || isGroup || /^(..)\1{5}$/.test(digits) || digits === '020000000000'
}

/**
 * In the protocol's form. True for a name that many disks have: without a maker's own part (SPC-5, 7.7.3.6 and 7.7.3.5), cut short, or
 * with blank text.
 */
export function isPlaceholderWwid(wwid: string): boolean {
  const [, kind = '', rest = ''] = /^(\w+)\.(.*)$/.exec(wwid.toLowerCase()) ?? []
  switch (kind) {
    case 'naa':
      return isPlaceholderNaa(rest)
    case 'eui':
      return isPlaceholderEui(rest)
    case 't10':
      return isPlaceholderT10(wwid.slice('t10.'.length))
    case 'nvme':
      return isPlaceholderNvme(rest)
    case 'uuid':
      return isPlaceholderUuid(rest)
    default:
      return true
  }
}

const NO_UUIDS: ReadonlySet<string> = new Set(
  [
    '03000200-0400-0500-0006-000700080009',
    '12345678-1234-1234-1234-123456789abc',
    '12345678-1234-5678-1234-567812345678',
    '12345678-1234-5678-90ab-cddeefaabbcc',
    '12345678-1234-5678-9012-345678901234',
    '11111111-2222-3333-4444-555555555555',
    '00010203-0405-0607-0809-0a0b0c0d0e0f',
    '00112233-4455-6677-8899-aabbccddeeff',
    '01234567-8910-1112-1314-151617181920',
    '11223344-5566-7788-99aa-bbccddeeff00',
    'deadbeef-dead-beef-dead-beefdeadbeef',
  ].flatMap((uuid) => [core(uuid), swapped(core(uuid))]),
)

/** Letters and digits, in small letters. */
function core(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** The first three fields in the other order of bytes: SMBIOS before 2.6 did not say which. */
function swapped(digits: string): string {
  const bytes = digits.match(/../g) ?? []
  return [bytes.slice(0, 4).reverse(), bytes.slice(4, 6).reverse(), bytes.slice(6, 8).reverse(), bytes.slice(8)].flat().join('')
}

function isRun(text: string, least: number): boolean {
  return text.length >= least && new Set(text).size === 1
}

/** What counts from 0 or 1 up, over and over, and from 9 or 0 down. */
const COUNTING = ['1234567890', '0123456789abcdef', '1234567890abcdef'].map((digits) => digits.repeat(4))
const COUNTING_DOWN = '9876543210'.repeat(2)

/** `12345`, `0123456789`, `12345678901234`, `123456789abcdef`, `9876543210`. */
function isSequence(text: string): boolean {
  if (/^[01].{4,}/.test(text) && COUNTING.some((all) => all.includes(text))) return true
  return /^[09].{7,}/.test(text) && COUNTING_DOWN.includes(text)
}

/** All zeros or all ones. */
function isBlank(digits: string): boolean {
  return /^(0*|f*)$/.test(digits)
}

/** One digit over and over, ASCII's blank, or counted. */
function isNone(digits: string): boolean {
  return isRun(digits, 1) || /^(20)+$/.test(digits) || isSequence(digits)
}

/** Types 2, 5 and 6 hold 24 bits that name the maker; 6 has 128 bits, and its first 64 are those of the whole array. */
function isPlaceholderNaa(digits: string): boolean {
  if (isNone(digits) || isSequence(digits.slice(1))) return true
  switch (digits[0]) {
    case '2':
      return isBlank(digits.slice(1, 4) + digits.slice(10))
    case '5':
      return isBlank(digits.slice(7))
    case '6':
      return digits.length !== 32 || isBlank(digits.slice(7))
    default:
      return isBlank(digits.slice(1))
  }
}

/** 64 bits, or those and 32 more; of 128 bits the last 64 hold the maker. */
function isPlaceholderEui(digits: string): boolean {
  if (isNone(digits)) return true
  if (digits.length === 32) return isBlank(digits.slice(22)) || (isBlank(digits.slice(0, 16)) && isPlaceholderEui(digits.slice(16)))
  return /^0{6}/.test(digits) || isBlank(digits.slice(6))
}

/** The maker has eight characters, filled up with blanks; of an ATA disk follow forty of the model, and only then the serial number. */
function isPlaceholderT10(text: string): boolean {
  const wide = text.replaceAll('_', ' ').trimEnd()
  if (/^ATA {5}/.test(wide) && wide.length <= 48) return true
  const rest = /^[^ ]{1,7} (.*)$/.exec(wide)?.[1] ?? wide.slice(8)
  return isPlaceholderNumber(rest) || isPlaceholderNumber(core(wide).slice(1))
}

/** `nvme.144d-5333…-53616d73…-00000001`: the second part is the serial number's characters (Linux: drivers/nvme/host/sysfs.c). */
function isPlaceholderNvme(text: string): boolean {
  const serial = /^[0-9a-f]{4}-([0-9a-f]*)-/.exec(text)?.[1]
  if (serial === undefined) return text.replace(/[^1-9a-z]/g, '') === ''
  const characters = (serial.match(/../g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 16))).join('')
  return isPlaceholderNumber(characters.replace(/[\0 ]+$/, ''))
}
