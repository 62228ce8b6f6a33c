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

/** Undefined for an empty slot. */
function moduleOf(fields: ReadonlyMap<string, string>) {
  const [, amount, unit = ''] = /^(\d{1,9}) (kB|MB|GB|TB)$/.exec(fields.get('Size') ?? '') ?? []
  const factor = UNITS[unit]
  if (amount === undefined || factor === undefined) return undefined
  const bank = told(fields.get('Bank Locator'), 32)
  const slot = told(fields.get('Locator'), 32) ?? 'unnamed'
  return {
    slot: bank === undefined ? slot : `${bank} ${slot}`,
    bytes: Number(amount) * factor,
    manufacturer: told(fields.get('Manufacturer'), 64),
    part: toldNumber(fields.get('Part Number'), 64),
    serial: toldNumber(fields.get('Serial Number'), 64),
    speed: whole(/^(\d{1,6}) MT\/s$/.exec(fields.get('Configured Memory Speed') ?? '')?.[1]),
  }
}
