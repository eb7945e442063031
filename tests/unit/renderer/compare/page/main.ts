import { mount } from 'svelte';
import '../../../../../src/renderer/design/tokens.css';
import '../../../../../src/renderer/design/foundation.css';
import '../../../../../src/renderer/design/menu.css';
import { connectPage } from './connect.ts';
import Page from './Page.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(Page, { target, props: { connect: connectPage } });
