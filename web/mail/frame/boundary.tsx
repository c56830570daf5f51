// A part of the page that failed says so, and the rest goes on.

import { Component, type ReactNode } from 'react'
import { useMail } from '../words.ts'

interface Props {
  children: ReactNode
}

/** React asks for a class here. */
export class Boundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Failed again={() => this.setState({ hasFailed: false })} /> : this.props.children
  }
}

function Failed({ again }: { again(): void }) {
  const { words: w } = useMail()
  return (
    <div className="empty" role="alert">
      <b>{w.partFailed}</b>
      <div className="row">
        <button type="button" className="btn" onClick={again}>
          {w.again}
        </button>
        <button type="button" className="btn" onClick={() => location.reload()}>
          {w.reload}
        </button>
      </div>
    </div>
  )
}
