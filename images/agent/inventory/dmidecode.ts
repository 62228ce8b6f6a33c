// `dmidecode` (3.4, 3.6): SMBIOS (DMTF DSP0134) types 0 to 3 and 17. Makers leave fields empty or fill them with words of their own.
import { type Dmi, dmi, memoryModule } from '../../../manager/protocol/machine.ts'
import { isPlaceholderUuid } from '../../../manager/protocol/placeholders.ts'
import { accept, acceptAll, whole } from './accept.ts'
import { fieldsOf } from './fields.ts'
import { commandSource, type Parsed } from './reading.ts'
import { told, toldNumber } from './told.ts'

const UNITS: { readonly [unit: string]: number } = { kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 }
const MODULES = 1024

export function parseDmidecode(stdout: string): Parsed<Dmi> {
  const structures = stdout.split(/\n\s*\n/).flatMap((block) => {
    const type = whole(/^Handle 0x[0-9A-F]+, DMI type (\d+),/m.exec(block)?.[1])
    return type === undefined ? [] : [{ type, fields: fieldsOf(block) }]
  })
  const textOf = (type: number, key: string) => structures.find((structure) => structure.type === type)?.fields.get(key)
  const field = (type: number, key: string, limit = 128): string | undefined => told(textOf(type, key), limit)
  const number = (type: number, key: string): string | undefined => toldNumber(textOf(type, key), 128)
  const modules = acceptAll(
    memoryModule,
    structures.filter(({ type }) => type === 17).flatMap(({ fields }) => moduleOf(fields) ?? []),
    ({ slot }) => `memory module ${slot}`,
    MODULES,
  )
  const uuid = field(1, 'UUID')?.toLowerCase()
  const accepted = accept(
    dmi,
    {
      systemUuid: uuid !== undefined && isPlaceholderUuid(uuid) ? undefined : uuid,
      manufacturer: field(1, 'Manufacturer'),
      product: field(1, 'Product Name'),
      serial: number(1, 'Serial Number'),
      assetTag: number(3, 'Asset Tag'),
      board: field(2, 'Product Name'),
      boardSerial: number(2, 'Serial Number'),
      chassisSerial: number(3, 'Serial Number'),
      firmwareVendor: field(0, 'Vendor'),
      firmwareVersion: field(0, 'Version'),
      firmwareDate: field(0, 'Release Date', 32),
      memoryModules: modules.value,
    },
    'the table',
  )
  const nothing = stdout !== '' && structures.length === 0 ? ['it holds no SMBIOS structure'] : []
  return { value: accepted.value ?? { memoryModules: [] }, reasons: [...nothing, ...modules.reasons, ...accepted.reasons] }
}

export const dmidecode = commandSource({ command: ['dmidecode'], parse: parseDmidecode })

/** Undefined for an empty slot, and for what is no RAM. */
function moduleOf(fields: ReadonlyMap<string, string>) {
  const bytes = isRam(fields) ? (sizeOf(fields.get('Volatile Size')) ?? sizeOf(fields.get('Size'))) : undefined
  if (!bytes) return undefined
  const bank = told(fields.get('Bank Locator'), 32)
  const slot = told(fields.get('Locator'), 32) ?? 'unnamed'
  return {
    slot: bank === undefined ? slot : `${bank} ${slot}`,
    bytes,
    manufacturer: told(fields.get('Manufacturer'), 64),
    part: toldNumber(fields.get('Part Number'), 64),
    serial: toldNumber(fields.get('Serial Number'), 64),
    speed: whole(/^(\d{1,6}) MT\/s$/.exec(fields.get('Configured Memory Speed') ?? '')?.[1]),
  }
}

/** Types of DSP0134, 7.18.2, that keep what is in them, and words by which firmware chips are called where the type is left open. */
const NO_RAM = /flash|e?e?prom|\brom\b|non-?volatile|persistent|nvdimm|optane|\bbios\b/i

/**
 * RAM is what a machine loses without power: of a module that says how much of it that is (SMBIOS 3.2), as much; persistent memory in memory
 * mode is all of it. Others by type, technology and name.
 */
function isRam(fields: ReadonlyMap<string, string>): boolean {
  const volatile = fields.get('Volatile Size')
  if (volatile === 'None') return false
  if ((sizeOf(volatile) ?? 0) > 0) return true
  return !['Type', 'Type Detail', 'Memory Technology', 'Locator'].some((key) => NO_RAM.test(fields.get(key) ?? ''))
}

function sizeOf(text: string | undefined): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}) (kB|MB|GB|TB)$/.exec(text ?? '') ?? []
  const factor = UNITS[unit]
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor
}
