/* The least that a process costs: no library start-up worth the name, no work. */
int main(void) { return 0; }
