// The site that the page is about, told by the page (pages/site.tsx) to the frame around it.
import { createContext } from "preact";
import type { Site } from "../api/types.ts";

export const PlaceContext = createContext<(site: Site | null) => void>(() => undefined);
