; Written by scripts/desktop-actions.mjs: Explorer's menu for photos and folders, as the application itself puts it there.
; An installer inserts DesktopActionsInstall, one that updates DesktopActionsRefresh, an uninstaller DesktopActionsRemove.
!include LogicLib.nsh

!macro DesktopActionsWrite LABEL0 LABEL1 LABEL2 LABEL3 LABEL4
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpg\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpg\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpg\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpg\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpe\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpe\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpe\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpe\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jfif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jfif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jfif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jfif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.png\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.png\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.png\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.png\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.webp\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.webp\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.webp\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.webp\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tiff\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tiff\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tiff\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.tiff\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.avif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.avif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.avif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.avif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heic\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heic\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heic\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heic\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.heif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.hif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.hif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.hif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.hif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jxl\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jxl\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jxl\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jxl\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.gif\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.gif\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.gif\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.gif\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jp2\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jp2\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jp2\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jp2\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.j2k\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.j2k\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.j2k\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.j2k\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpf\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpf\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpf\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpf\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpx\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpx\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpx\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\SystemFileAssociations\.jpx\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\Directory\shell\Onestep` `MUIVerb` `${LABEL0}`
  WriteRegStr HKCU `Software\Classes\Directory\shell\Onestep` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\Directory\shell\Onestep` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\Directory\shell\Onestep` `ExtendedSubCommandsKey` `Onestep.Enhance`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\1-enhance` `MUIVerb` `${LABEL1}`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\1-enhance` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\1-enhance` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\1-enhance\command` `` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --enhance -- "%1"`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\2-enhance-x2` `MUIVerb` `${LABEL2}`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\2-enhance-x2` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\2-enhance-x2` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\2-enhance-x2\command` `` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --enhance --scale=2 -- "%1"`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\3-enhance-x4` `MUIVerb` `${LABEL3}`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\3-enhance-x4` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\3-enhance-x4` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\3-enhance-x4\command` `` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --enhance --scale=4 -- "%1"`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\4-choose` `MUIVerb` `${LABEL4}`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\4-choose` `Icon` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\4-choose` `MultiSelectModel` `Player`
  WriteRegStr HKCU `Software\Classes\Onestep.Enhance\shell\4-choose\command` `` `"$INSTDIR\${APP_EXECUTABLE_FILENAME}" -- "%1"`
!macroend

!macro DesktopActionsInstall
  !insertmacro DesktopActionsDelete
  ${If} $LANGUAGE == 1031
    !insertmacro DesktopActionsWrite `Mit Onestep verbessern` `Verbessern` `×2` `×4` `Verbessern …`
  ${ElseIf} $LANGUAGE == 2052
    !insertmacro DesktopActionsWrite `用 Onestep 增强` `增强` `×2` `×4` `增强…`
  ${Else}
    !insertmacro DesktopActionsWrite `Enhance with Onestep` `Enhance` `×2` `×4` `Enhance…`
  ${EndIf}
  ; Names every file of a selection in one start, where the menu stops at a hundred.
  CreateShortCut `$SENDTO\Enhance with Onestep.lnk` `$INSTDIR\${APP_EXECUTABLE_FILENAME}` `--enhance --`
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

; Whoever has switched the menu off keeps it off.
!macro DesktopActionsRefresh
  ReadRegStr $R0 HKCU `Software\Classes\Onestep.Enhance\shell\1-enhance\command` ``
  ${If} $R0 != ``
    !insertmacro DesktopActionsInstall
  ${EndIf}
!macroend

!macro DesktopActionsRemove
  !insertmacro DesktopActionsDelete
  Delete `$SENDTO\Enhance with Onestep.lnk`
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

!macro DesktopActionsDelete
  DeleteRegKey HKCU `Software\Classes\Onestep.Enhance`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jpg\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpg\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpg`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpeg\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpeg`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jpe\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpe\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpe`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jfif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jfif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jfif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.png\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.png\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.png`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.webp\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.webp\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.webp`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.tif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.tif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.tif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.tiff\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.tiff\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.tiff`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.avif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.avif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.avif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.heic\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.heic\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.heic`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.heif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.heif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.heif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.hif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.hif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.hif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jxl\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jxl\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jxl`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.gif\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.gif\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.gif`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jp2\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jp2\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jp2`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.j2k\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.j2k\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.j2k`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jpf\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpf\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpf`
  DeleteRegKey HKCU `Software\Classes\SystemFileAssociations\.jpx\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpx\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\SystemFileAssociations\.jpx`
  DeleteRegKey HKCU `Software\Classes\Directory\shell\Onestep`
  DeleteRegKey /ifempty HKCU `Software\Classes\Directory\shell`
  DeleteRegKey /ifempty HKCU `Software\Classes\Directory`
!macroend
