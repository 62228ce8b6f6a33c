// Server-sent events (WHATWG HTML, 9.2) → pool events. What is no event of ours is left out: a newer manager has more kinds.
import { type PoolEvent, poolEvent } from '../../../contract/events.ts'

/** Of one line; events are much shorter. */
const MOST_CHARACTERS = 1 << 20

export async function* poolEvents(chunks: AsyncIterable<Buffer>): AsyncGenerator<PoolEvent, void> {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length > MOST_CHARACTERS) throw new Error('the manager sends an event without an end')
    for (const line of lines) {
      if (line === '') {
        const event = eventOf(data.join('\n'))
        data = []
        if (event) yield event
      } else if (line.startsWith('data:')) {
        data.push(line.slice(5).replace(/^ /, ''))
      }
    }
  }
}

function eventOf(text: string): PoolEvent | undefined {
  try {
    const { data } = poolEvent.safeParse(JSON.parse(text))
    return data
  } catch {
    return undefined
  }
}
