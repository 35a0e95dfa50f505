/** With this in the environment the tutor writes its first frame for a screen of that size to any output, and ends. */
export const firstFrameVariable = 'K8SD_FIRST_FRAME';
