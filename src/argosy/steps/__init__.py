"""Commands of any language as jobs: run once for each distinct input, their outputs kept by digest and by number."""
