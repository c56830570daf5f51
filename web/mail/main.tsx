// The mail page.

import '../parts/frame.css'
