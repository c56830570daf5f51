// The tree of a script, as written: nothing is known yet of what the words mean.           RFC 5228 §8
//
// Names are in lower case without their colon; strings hold their value, with CRLF at each line end. Comments
// belong to the command they stand before or in, or to the end of the block.

/** Where something begins. Both count from 1; columns are characters. */
export interface Place {
  line: number
  column: number
}

export interface StringArgument {
  kind: 'string'
  value: string
  multiline: boolean // written as text: ... .
  place: Place
}

export interface ListArgument {
  kind: 'list'
  items: StringArgument[]
  place: Place
}

export interface NumberArgument {
  kind: 'number'
  value: number // capped at Number.MAX_SAFE_INTEGER
  text: string // as written: 100K
  place: Place
}

export interface TagArgument {
  kind: 'tag'
  name: string
  place: Place
}

export type Argument = StringArgument | ListArgument | NumberArgument | TagArgument

export interface TestNode {
  name: string
  args: Argument[]
  tests: TestNode[]
  listed: boolean // its tests stand in parentheses
  place: Place
}

export interface CommandNode extends TestNode {
  block?: Block
  comments: Comment[]
}

export interface Block {
  commands: CommandNode[]
  comments: Comment[] // after the last command
}

export interface Comment {
  bracketed: boolean // /* */ rather than #
  text: string // without its marks
}
