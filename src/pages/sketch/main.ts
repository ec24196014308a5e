import { openPhone } from './phone/phone.js';
import { openScreen } from './screen/screen.js';

// One page for both: `/sketch` is the big screen, `/sketch?code=ABCD` a phone.
const code = new URLSearchParams(location.search).get('code');
if (code === null) openScreen();
else openPhone(code);
