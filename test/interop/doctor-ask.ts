// For doctor.test.ts, to be run inside a network namespace: who answers a DISCOVER there, as a line of JSON.
import { readOffers } from '../../manager/doctor/readers/offers.ts'

process.stdout.write(`${JSON.stringify(await readOffers(process.argv[2] ?? ''))}\n`)
