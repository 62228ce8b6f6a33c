// Imported before any schema is made: zod writes no function for each schema, which would cost a dom0 more to compile and to keep than
// reading a report by it ever saves.
import { config } from 'zod'

config({ jitless: true })
