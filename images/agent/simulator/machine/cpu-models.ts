// CPUs that simulated hosts have, as `xen-cpuid` shows them on Xen 4.20. The EPYC is a capture of QEMU's; the others are of the same form
// and differ as generations and makers do.

export interface CpuModel {
  readonly vendor: string
  readonly name: string
  readonly family: number
  readonly model: number
  readonly stepping: number
  readonly microcode: string
  readonly coresPerSocket: number
  readonly kilohertz: number
  readonly maxBasicLeaf: number
  readonly maxExtendedLeaf: number
  /** By row: 19 words in the order of KEY. */
  readonly rows: { readonly [row in CpuRow]: string }
}

export const CPU_ROWS = ['Raw', 'Host', 'PV Default', 'HVM Default', 'PV Max', 'HVM Max'] as const
export type CpuRow = (typeof CPU_ROWS)[number]

export const CPU_KEY = '1d 1c e1d e1c Da1 7b0 7c0 e7d e8b 7d0 7a1 e21a 7b1 7d2 7c1 7d1 m10Al m10Ah e21c'

const EPYC: CpuModel = {
  vendor: 'AuthenticAMD',
  name: 'AMD EPYC Processor',
  family: 23,
  model: 1,
  stepping: 2,
  microcode: '0x8001250',
  coresPerSocket: 16,
  kilohertz: 2_596_137,
  maxBasicLeaf: 0xd,
  maxExtendedLeaf: 0x8000001e,
  rows: {
    Raw: row('078bfbfd c2d82203 25d3fbfd 00000075 00000000 00800081'),
    Host: row('078bf3fd c2d82203 25d3fbfd 00000075 00000000 00800081'),
    'PV Default': row('0789c3f5 c2d82203 20500800 00000061 00000000 00800001'),
    'HVM Default': row('078bfbfd c2f82203 24500800 00000071 00000000 00800081 00000000 00000000 02100000'),
    'PV Max': row('1789c3f5 c2f82203 20500800 00000063 00000000 00800001 00000000 00000000 00000000 00000000 00000000 00000020'),
    'HVM Max': row('178bfbfd c2f82203 24500800 00000077 00000000 00800081 00000000 00000000 02100000 00000000 00000000 00000020'),
  },
}

const INTEL: CpuModel = {
  vendor: 'GenuineIntel',
  name: 'Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz',
  family: 6,
  model: 85,
  stepping: 4,
  microcode: '0x2007006',
  coresPerSocket: 16,
  kilohertz: 2_100_000,
  maxBasicLeaf: 0x16,
  maxExtendedLeaf: 0x80000008,
  rows: {
    Raw: row('bfebfbff 7ffefbff 2c100800 00000121 0000000f d39ffffb 00000008 00000100 00000000 9c000600'),
    Host: row('bfebfbff 77fef3ff 2c100800 00000121 0000000f d19ffffb 00000008 00000100 00000000 9c000600'),
    'PV Default': row('1fc9cbf5 f6f83203 28100800 00000121 00000007 d18f0329 00000000 00000000 00000000 8c000400'),
    'HVM Default': row('1fcbfbff f7fa3203 2c100800 00000121 0000000f d19f07ab 00000008 00000100 00000000 8c000400'),
    'PV Max': row('1fc9cbf5 f6f83203 28100800 00000121 00000007 d18f0b39 00000008 00000100 00000000 8c000400'),
    'HVM Max': row('1fcbfbff f7fa3223 2c100800 00000121 0000000f d19f4fbb 00000008 00000100 00000000 8c000400'),
  },
}

/** A later EPYC: the first one's features and more. */
const EPYC_LATER: CpuModel = {
  ...EPYC,
  name: 'AMD EPYC 7543 32-Core Processor',
  family: 25,
  stepping: 1,
  microcode: '0xa0011d1',
  coresPerSocket: 32,
  kilohertz: 2_794_750,
  maxExtendedLeaf: 0x80000023,
  rows: {
    Raw: row('178bfbff 7eda320b 2fd3fbff 75c237ff 0000000f 219c97a9 0040069c 00000100 ffebf7ff 10000010 00000000 00000001'),
    Host: row('178bf3ff 76fa320b 2fd3fbff 75c237ff 0000000f 219c97a9 0040068c 00000100 ffebf757 10000010 00000000 00000001'),
    'PV Default': row('1789c3f5 f6d83203 2a500800 042001e3 00000007 218c0329 00400600 00000000 111cd005 10000010 00000000 00000001'),
    'HVM Default': row('178bfbff f7fa320b 2e500800 042001f3 0000000f 219c07a9 0040068c 00000000 111ed005 10000010 00000000 00000001'),
    'PV Max': row('1789c3f5 f6f83203 2a500800 042001e3 00000007 218c0b39 00400600 00000100 111cd005 10000010 00000000 00000021'),
    'HVM Max': row('178bfbff f7fa322b 2e500800 042001f7 0000000f 219c07a9 0040068c 00000100 111ed005 10000010 00000000 00000021'),
  },
}

export const CPU_MODELS: readonly [CpuModel, ...CpuModel[]] = [EPYC, EPYC_LATER, INTEL]

/** The rest of the 19 words is nought. */
function row(words: string): string {
  const given = words.split(' ')
  return [...given, ...Array<string>(19 - given.length).fill('00000000')].join(':')
}
