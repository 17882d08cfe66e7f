"""`python -m core.service.demo FOLDER`: the demo without its screens."""

from core.service.demo.stage import main

main()
